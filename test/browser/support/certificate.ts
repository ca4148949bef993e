import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/servers/server.js';

/**
 * Makes a self-signed certificate, for a browser that accepts any.
 *
 * @throws {Error} that says what is missing
 */
export function selfSigned(): { key: Buffer; cert: Buffer } {

  const folder = temporaryFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const { status, error, stderr } = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=app.victim.test', '-keyout', key, '-out', cert,
  ]);
  if (status !== 0) {
    throw new Error(`openssl could not make a certificate; where it is missing, install it: ${error?.message ?? stderr}`);
  }
  return { key: readFileSync(key), cert: readFileSync(cert) };

}
