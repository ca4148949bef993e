/** Sets an own property whatever its name: a plain assignment of `__proto__` would not. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {

  if (key === '__proto__') {
    Object.defineProperty(object, key, {
      value, writable: true, enumerable: true, configurable: true,
    });
  } else {
    object[key] = value;
  }

}
