import { notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formSecret, formSecretBefore, formSecretOf, keptFormSecret } from '../../src/id/form-secret.js';
import { newSessionId } from '../../src/id/session-id.js';

describe('The secret of a session\'s forms', () => {

  const info = (kept: object) => ({ user: 'ada', details: { created: 1, renewed: 1, ...kept } });

  it('follows from the id, and shows nothing of it', () => {

    const [id, other] = [newSessionId(), newSessionId()];
    strictEqual(formSecret(id), formSecret(id));
    notStrictEqual(formSecret(id), formSecret(other));
    ok(/^[\w-]{43}$/.test(formSecret(id)) && !formSecret(id).includes(id.slice(0, 8)));

  });

  it('stays when the id changes, also for visitors with the former id', () => {

    const ids = Array.from({ length: 4 }, newSessionId) as [string, string, string, string];
    const secret = formSecret(ids[0]);
    let session = { id: ids[0], info: info({}) };
    for (const next of ids.slice(1)) {
      const before = session;
      session = { id: next, info: info(keptFormSecret(session, next)) };
      strictEqual(formSecretOf(session), secret);
      strictEqual(formSecretBefore({ id: before.id, info: session.info }), secret);
    }

  });

  it('can be read from the store with that id only', () => {

    const [id, next] = [newSessionId(), newSessionId()];
    const kept = keptFormSecret({ id, info: info({}) }, next);
    ok(!JSON.stringify(kept).includes(formSecret(id)));
    strictEqual(formSecretOf({ id, info: info(kept) }), formSecret(id), 'another id has its own');
    const stranger = newSessionId();
    strictEqual(formSecretOf({ id: stranger, info: info(kept) }), formSecret(stranger));
    for (const form of ['', 'x', 'A'.repeat(96), undefined]) strictEqual(formSecretOf({ id, info: info({ form }) }), formSecret(id));

  });

});
