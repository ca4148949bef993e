import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { Application } from '@curveball/core';
import { Site } from './support/browser.js';
import { compile, load, mistakes } from './support/programs.js';
import { type Scenario, scenarios } from './scenarios/index.js';

describe('The examples of the documentation', () => {

  const programs = compile();

  // What the framework prints about refused requests is expected here.
  before(() => {
    mock.method(console, 'error', () => {});
    mock.method(console, 'warn', () => {});
  });
  after(() => mock.restoreAll());

  it('are all marked as compiled or run', () => {

    assert.deepEqual(mistakes(), []);

  });

  it('are found', () => {

    assert.ok(programs.length > 20, `${programs.length} examples`);

  });

  it('that are run have a scenario each, and no scenario is without its example', () => {

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

});
