import type { Attributes } from '@opentelemetry/api';
import { wrong } from '../base/option-checks.js';

/** The attribute that tells the stores of a process apart, if a name was given; an option's type has the rest. */
export function storeAttributes(name: unknown): Attributes {

  if (name === undefined) return {};
  if (typeof name !== 'string' || name.length < 1 || name.length > 64) throw wrong('name', name, 'must be a text of 1 to 64 characters');
  return { 'curveball.session.store.name': name };

}
