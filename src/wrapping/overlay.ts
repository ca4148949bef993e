/** An object whose members are known only when the program runs. */
type Members = Record<PropertyKey, unknown>;
type Method = (...args: unknown[]) => unknown;

/** What every object has: it is never passed on. */
const COMMON: ReadonlySet<object | null> = new Set([Object.prototype, Function.prototype, null]);

/**
 * Lays changed members over an object.
 *
 * @param changed are used in place of members that the inner object has; one that it lacks is left out
 * @param added are used in any case; the outer object is made of this one
 * @returns the outer object, which passes all else on to the inner one
 */
export function overlay<Inner extends object, Added extends object>(inner: Inner, changed: Partial<Inner>, added: Added): Inner & Added {

  for (const [name, member] of Object.entries(changed)) {
    if (member !== undefined && (inner as Members)[name] !== undefined) (added as Members)[name] = member;
  }
  return passOn(added, inner);

}

/**
 * Gives an object what it lacks of another: methods, which are called on the
 * other, and properties, which are read there each time.
 *
 * @param isWanted chooses among the names
 */
export function passOn<Outer extends object, Inner extends object>(
  outer: Outer, inner: Inner, isWanted: (name: PropertyKey) => boolean = () => true,
): Outer & Inner {

  const [to, from] = [outer as Members, inner as Members];
  for (const [name, { value }] of membersOf(inner)) {
    if (name in outer || !isWanted(name)) continue;
    // Looked up at each call: a test may replace a method later.
    if (typeof value === 'function') to[name] = (...args: unknown[]) => (from[name] as Method)(...args);
    else Object.defineProperty(outer, name, { configurable: true, enumerable: true, get: () => boundTo(inner, from[name]) });
  }
  return outer as Outer & Inner;

}

/** Finds also the methods of classes, which can't be enumerated. */
function membersOf(inner: object): Map<PropertyKey, PropertyDescriptor> {

  const members = new Map<PropertyKey, PropertyDescriptor>();
  for (let part = inner; !COMMON.has(part); part = Object.getPrototypeOf(part)) {
    for (const name of Reflect.ownKeys(part)) {
      const descriptor = Object.getOwnPropertyDescriptor(part, name);
      if (descriptor && name !== 'constructor' && !members.has(name)) members.set(name, descriptor);
    }
  }
  return members;

}

/** A getter may return a method. */
function boundTo(inner: object, value: unknown): unknown {

  return typeof value === 'function' ? value.bind(inner) : value;

}
