import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blocks, page } from './support/markdown.js';

describe('The runbooks', () => {

  const runbooks = page('docs/runbooks.md');
  const commands = page('docs/command.md').text;
  const metrics = page('docs/metrics.md').text;

  it('call commands and options that the command has', () => {

    const calls = blocks(runbooks).filter(({ language }) => language === 'sh').flatMap(({ code }) => code.split('\n'));
    assert.ok(calls.length > 5);
    for (const call of calls) {
      const [program, command = '', ...words] = call.replace(/ *#.*/, '').split(' ');
      assert.equal(program, 'curveball-session', call);
      assert.match(commands, new RegExp(`^\\| \\[\`${command}\`\\]`, 'm'), call);
      for (const option of words.filter(word => word.startsWith('--'))) assert.ok(commands.includes(`\`${option}`) || commands.includes(` ${option}`), `${call}: ${option}`);
    }

  });

  it('name metrics and reasons that exist', () => {

    const named = [...new Set(runbooks.text.match(/curveball\.session\.[a-z._]+/g))];
    assert.ok(named.length > 5);
    assert.deepEqual(named.filter(name => !metrics.includes(`| \`${name}\` |`)), []);
    const [, reasons = ''] = /\| reason \|.*\n.*\n((?:\|.*\n)+)/.exec(runbooks.text) ?? [];
    for (const [, reason = ''] of reasons.matchAll(/^\| `(.*?)`/gm)) assert.match(metrics, new RegExp(`\`curveball\\.session\\.id\\.refused\`.*\`${reason}\``));

  });

});
