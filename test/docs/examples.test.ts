import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it, mock } from 'node:test';
import { Application } from '@curveball/core';
import { Site } from './support/browser.js';
import { compile, load, mistakes } from './support/programs.js';
import { type Scenario, scenarios } from './scenarios/index.js';
import { SIGNS_IN, signInWithPlantedId, signIns } from './scenarios/sign-ins.js';

describe('The examples of the documentation', () => {

  const programs = compile();

  // The framework prints refused requests, which are expected here.
  before(() => {
    mock.method(console, 'error', () => {});
    mock.method(console, 'warn', () => {});
    // Each example is served on a free port, whatever port it names.
    const { listen } = Application.prototype;
    mock.method(Application.prototype, 'listen', function (this: Application, port: number, host?: string) {
      return port === 0 ? listen.call(this, port, host) : undefined;
    });
  });
  after(() => mock.restoreAll());

  it('are all marked as compiled or run', () => {

    assert.deepEqual(mistakes(), []);

  });

  it('are found', () => {

    assert.ok(programs.length > 20, `${programs.length} examples`);

  });

  it('have a scenario each if they are run, and every scenario has its example', () => {

    assert.deepEqual(
      Object.keys(scenarios).sort(),
      programs.filter(program => program.name).map(program => program.title).sort(),
    );

  });

  for (const program of programs) {

    it(`${program.title} compiles`, () => {

      assert.deepEqual(program.problems, []);

    });

    if (program.name === null) continue;

    it(`${program.title} does what its page says`, async t => {

      const scenario: Scenario | undefined = scenarios[program.title];
      assert.ok(scenario, 'no scenario');
      const exported = await load(program);
      const app = exported.app instanceof Application ? exported.app : new Application();
      const site = await Site.open(app);
      t.after(() => site.close());
      await scenario({ app, site, exported });

    });

  }

  it('are all tried with a planted id if they sign a user in', () => {

    const signingIn = programs.filter(({ file }) => SIGNS_IN.test(readFileSync(file, 'utf8')));
    assert.deepEqual(signingIn.map(({ title }) => title).sort(), Object.keys(signIns).sort());

  });

  for (const program of programs) {

    const signIn = signIns[program.title];
    if (!signIn) continue;

    it(`${program.title} makes a planted id worthless`, async () => {

      const exported = await load(program, 'with a planted id');
      const app = signIn.application?.(exported) ?? exported.app;
      assert.ok(app instanceof Application);
      await signInWithPlantedId(app, signIn.requests);

    });

  }

});
