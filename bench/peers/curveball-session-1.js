import session, { MemoryStore } from 'session-1';
import { curveball } from '../lib/curveball.js';

export const title = '@curveball/session 1.0.1';
export const packages = ['@curveball/core', 'session-1'];
export const keepsSessionsIn = 'memory';

export function listener(hasSessions) {

  return curveball(hasSessions && session({ store: new MemoryStore() }), hasSessions);

}
