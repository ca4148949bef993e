import { createClient } from 'redis';

/** Gives commands to a Redis server, and reads its figures. */
export async function admin(url) {

  const client = createClient({ url }).on('error', () => {});
  await client.connect();
  const command = (...words) => client.sendCommand(words);
  return {
    url,
    command,
    /** The figures of a section of INFO, as numbers where they are numbers. */
    info: async section => Object.fromEntries((await command('INFO', section)).split('\r\n')
      .filter(line => line.includes(':'))
      .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)])
      .map(([name, value]) => [name, value !== '' && Number.isFinite(Number(value)) ? Number(value) : value])),
    /** Counts the commands that clients, and not scripts, send to it until the returned function is called. */
    watch: async () => {
      let seen = 0;
      const monitor = await client.duplicate().on('error', () => {}).connect();
      await monitor.monitor(line => {
        if (/^\S+ \[\d+ (?!lua)[^\]]+\] "(?:GET|EVALSHA|EVAL|SET)"/i.test(String(line))) seen++;
      });
      return () => {
        monitor.destroy();
        return seen;
      };
    },
    close: () => client.destroy(),
  };

}

/** CPU time of a server since its start, in microseconds. */
export async function cpuOf(server) {

  const { used_cpu_user: user, used_cpu_sys: system } = await server.info('cpu');
  return (user + system) * 1e6;

}
