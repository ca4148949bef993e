import session, { MemoryStore } from '../../dist/index.js';
import { curveball } from '../lib/curveball.js';

export const title = '@curveball/session';
export const packages = ['@curveball/core'];
export const keepsSessionsIn = 'memory';

export function listener(hasSessions) {

  return curveball(hasSessions && session({ store: new MemoryStore() }), hasSessions);

}
