/** Measures `calls` calls, so many at a time. Returns microseconds a call. */
export async function timed(parallel, calls, call) {

  const { user, system } = process.cpuUsage();
  const start = performance.now();
  await inParallel(parallel, calls, call);
  const elapsed = (performance.now() - start) * 1000 / calls;
  const after = process.cpuUsage();
  return { elapsed, cpu: (after.user + after.system - user - system) / calls };

}

/** Makes `calls` calls, so many at a time. Each is given its number. */
export async function inParallel(parallel, calls, call) {

  let next = 0;
  await Promise.all(Array.from({ length: parallel }, async () => {
    while (next < calls) await call(next++);
  }));

}
