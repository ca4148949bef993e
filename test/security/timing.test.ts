import { deepStrictEqual, match } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const SRC = join(dirname(fileURLToPath(import.meta.url)), '../../../src');

describe('CSRF tokens', () => {

  it('are compared by timingSafeEqual, and by nothing else', () => {

    match(readFileSync(join(SRC, 'csrf/csrf-token.ts'), 'utf8'), /timingSafeEqual\(/);
    for (const file of ['csrf/csrf-token.ts', 'csrf/request-forms.ts']) {
      const suspects = readFileSync(join(SRC, file), 'utf8').split('\n')
        // Whether there is a token at all, and its type and length, are no secrets.
        .map(line => line.replaceAll(/typeof \w+ [!=]== '\w+'|[!=]== (undefined|null)|\.length [!=]== \w+\.length/g, ''))
        .filter(line => /\b(\w*token|expected|given)(\([^)]*\))? [!=]== |[!=]== (\w*token|expected|given)\b|\.equals\(|\.compare\(/i.test(line));
      deepStrictEqual(suspects, [], file);
    }

  });

});
