import { storedId } from '../../../src/id/stored-id.js';
import { type Damage, damage } from './corpus.js';

/** Times in milliseconds, as the tables have them. */
export const ENDS_AT: readonly Damage[] = [
  damage('a time before all times', -1, 'gone'),
  damage('a time in seconds', Math.floor(Date.now() / 1000) + 3600, 'gone'),
  damage('a time in microseconds', Date.now() * 1000, 'unreadable'),
  damage('the year 9999', Date.UTC(9999, 0), 'unreadable'),
];

export const FOREIGN_HASH: readonly Damage[] = [damage('a hash of no id', 'y', 'gone'), damage('the hash of another id', storedId('another').hash, 'gone')];
