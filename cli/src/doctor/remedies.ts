/** What to do about an error, by a part of its message. The first that matches counts. */
const REMEDIES: ReadonlyArray<readonly [RegExp, string]> = [
  [/it is a sentinel/, 'Give the address of the master: SENTINEL GET-MASTER-ADDR-BY-NAME says which it is'],
  [/admin console|use SHOW HELP/, 'Give the name of the database in the address: this is the administration of PgBouncer'],
  [/it is one node of a cluster/, 'Give the address of the cluster'],
  [/not a node of a cluster/, 'Give the address of a single server'],
  [/There is no folder/, 'Make the folder, or correct the address'],
  [/There is no file/, 'Let "setup" make it, or correct the address'],
  [/not a database/, 'Give the address of another file'],
  [/disk I\/O error|is full|No space left/i, 'Make room on the disk, and look for errors of it'],
  [/readonly database|Unable to open|unable to open/, 'Let the user of the application own the file and its folder'],
  [/too many (clients|connections)|connection slots|max number of clients/i, 'Make the pools smaller, put a pooler before the server, or raise its limit: max_connections, or maxclients of Redis'],
  [/to database|database "?.*does not exist|Unknown database|DB index/i, 'Correct the name of the database in the address, or create it and let the user of the address use it'],
  [/using password/, 'Correct the user and the password in the address, or turn TLS on there if the server requires it'],
  [/WRONGPASS|NOAUTH|password|role ".*" does not exist|authentication/i, 'Correct the user and the password in the address'],
  [/no encryption|insecure transport/i, 'Turn TLS on in the address: the page of the store says how'],
  [/pg_hba/, 'Allow this user, database and host in pg_hba.conf'],
  [/certificate|self.signed/i, 'Let Node.js trust the authority of the certificate, with NODE_EXTRA_CA_CERTS, or give an address with the name that is in it'],
  [/SSL|TLS|secure connection|EPROTO/i, 'Turn TLS on at the server, or off in the address'],
  [/NOPERM|denied|permission|read-?only/i, 'Grant it: the page of the store lists the rights that it needs'],
  [/ENOTFOUND|EAI_AGAIN/, 'Correct the name of the host in the address'],
  [/ECONNREFUSED/, 'Start the server, or correct the host and the port in the address'],
  [/time-?out|timed ?out|No answer|closed|ECONNRESET|terminated|unexpected|EHOSTUNREACH|out of order/i, 'See whether a server of this kind listens at this host and port, whether it expects TLS, and whether a firewall is in between'],
];

/** Returns what to do about an error of a store or a driver; the second text if its message is an unknown one. */
export function remedy(message: string, otherwise: string): string {

  return REMEDIES.find(([pattern]) => pattern.test(message))?.[1] ?? otherwise;

}
