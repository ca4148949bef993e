/** Sets an own property of any name: a plain assignment to `__proto__` would set the prototype. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {

  if (key === '__proto__') {
    Object.defineProperty(object, key, {
      value, writable: true, enumerable: true, configurable: true,
    });
  } else {
    object[key] = value;
  }

}
