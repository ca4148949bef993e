/** A promise and its handles: a test waits for it, or lets others wait for it. */
export interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {

  const result = {} as Deferred<T>;
  result.promise = new Promise<T>((resolve, reject) => {
    Object.assign(result, { resolve, reject });
  });
  return result;

}

/** Never answers. */
export function never<T>(): Promise<T> {

  return new Promise(() => {});

}

/** Lets everything run that is due now. */
export function settled(): Promise<void> {

  return new Promise(resolve => {
    setImmediate(resolve);
  });

}
