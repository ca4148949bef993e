import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from './support/markdown.js';

describe('The page on scaling', () => {

  it('has the tables that the results of the bench give', async () => {

    const { pageAndResult } = await import(`${pathToFileURL(root)}bench/scale/page.js`) as {
      pageAndResult(): { page: string; result: string };
    };
    const { page, result } = pageAndResult();
    assert.match(page, /<!-- figures: arithmetic -->\n\| /);
    assert.equal(page, result);

  });

});
