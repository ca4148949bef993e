import { Application } from '@curveball/kernel';
import session, { MemoryStore, type SessionOptions } from '@curveball/session';

const options: SessionOptions = { store: new MemoryStore() };
new Application().use(session(options));
