/** An object whose members are known only when the program runs. */
type Members = Record<PropertyKey, unknown>;
type Method = (...args: unknown[]) => unknown;

/** The prototypes that every object has. Their members are never passed on. */
const COMMON: ReadonlySet<object | null> = new Set([Object.prototype, Function.prototype, null]);

/**
 * Lays members over those of an object.
 *
 * @param changed members to use in place of the inner object's; one that the inner
 *   object lacks is left out
 * @param added members to use in any case; this object is changed and returned
 * @param names names of members that the inner object may have without listing them
 * @returns the outer object, which passes everything else on to the inner one
 */
export function overlay<Inner extends object, Added extends object>(
  inner: Inner, changed: Partial<Inner>, added: Added, names: readonly PropertyKey[] = [],
): Inner & Added {

  for (const [name, member] of Object.entries(changed)) {
    if (member !== undefined && (inner as Members)[name] !== undefined) (added as Members)[name] = member;
  }
  return passOn(added, inner, names);

}

/**
 * Gives an object the members of another that it lacks. Methods are called on the
 * other object, and properties are read there each time.
 *
 * @param names names of members that the other may have without listing them, as
 *   a `Proxy` whose target is made on first use
 * @param isWanted whether to pass on the listed member of this name; by default, all
 */
export function passOn<Outer extends object, Inner extends object>(
  outer: Outer, inner: Inner, names: readonly PropertyKey[], isWanted: (name: PropertyKey) => boolean = () => true,
): Outer & Inner {

  const from = inner as Members;
  for (const [name, { value }] of membersOf(inner)) {
    if (!(name in outer) && isWanted(name)) passMemberOn(outer, inner, name, value);
  }
  for (const name of names) {
    if (!(name in outer) && from[name] !== undefined) passMemberOn(outer, inner, name, from[name]);
  }
  return outer as Outer & Inner;

}

function passMemberOn(outer: object, inner: object, name: PropertyKey, value: unknown): void {

  const [to, from] = [outer as Members, inner as Members];
  // Looked up at each call: a test may replace a method later.
  if (typeof value === 'function') to[name] = (...args: unknown[]) => (from[name] as Method)(...args);
  else Object.defineProperty(outer, name, { configurable: true, enumerable: true, get: () => boundTo(inner, from[name]) });

}

/** Finds all members, including the methods of classes, which are not enumerable. */
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

/** Binds a value to its object if it is a method, which a getter may return. */
function boundTo(inner: object, value: unknown): unknown {

  return typeof value === 'function' ? value.bind(inner) : value;

}
