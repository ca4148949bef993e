import type { AddressInfo } from 'node:net';
import { createApp } from './app.js';

const port = Number(process.env.PORT || 3000);

const server = createApp().listen(port, 'localhost');

server.on('listening', () => {
  const { port } = server.address() as AddressInfo;
  console.log(`The demo is at http://localhost:${port} (Ctrl+C stops it)`);
});

server.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error;
  console.error(`Port ${port} is taken. Choose another one: make demo PORT=${port + 1}`);
  process.exitCode = 1;
});
