// Copyright (c) 2026 the rollout.kubernetes contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// An HTTP server that loses no request when its pod is replaced. Node.js 18.19 or newer, no dependencies.
'use strict';

const http = require('node:http');
const os = require('node:os');

const port = Number(process.env.PORT ?? 8080);
const version = process.env.VERSION ?? 'v1';
// Milliseconds; together with the preStop hook less than terminationGracePeriodSeconds.
const drainTimeout = Number(process.env.DRAIN_TIMEOUT ?? 20000);

let stopping = false;
// Connections that have not sent any request yet.
const silent = new Set();

const server = http.createServer((request, response) => {
  silent.delete(request.socket);
  const url = new URL(request.url, 'http://localhost');
  response.setHeader('X-Version', version);
  response.setHeader('X-Pod', os.hostname());
  if (url.pathname === '/healthz') {
    response.end('ok\n');
  } else if (url.pathname === '/slow') {
    // Stands for work that takes its time: a request that a rollout must not cut off.
    setTimeout(() => answer(response), Number(url.searchParams.get('ms') ?? 1000));
  } else {
    answer(response);
  }
});

server.on('connection', (socket) => {
  silent.add(socket);
  socket.once('close', () => silent.delete(socket));
});

function answer(response) {
  if (stopping) {
    // The client shall not send its next request on this connection.
    response.setHeader('Connection', 'close');
  }
  response.end(`${version} ${os.hostname()}\n`);
}

function stop(signal) {
  if (stopping) {
    return;
  }
  stopping = true;
  console.log(`${signal}: finishing what is in flight`);
  // No new connections; the callback runs when the last request is answered and its connection closed.
  server.close(() => {
    console.log('all requests are answered');
    process.exit(0);
  });
  // Connections that are kept alive without a request would keep the server open.
  server.closeIdleConnections();
  // It does not take those for idle that never sent a request: they have a second left for it.
  setTimeout(() => silent.forEach((socket) => socket.destroy()), 1000).unref();
  // Better an end with a message than SIGKILL without one. unref: this timer alone does not keep the process alive.
  setTimeout(() => {
    console.error(`requests in flight were cut off after ${drainTimeout} ms`);
    process.exit(1);
  }, drainTimeout).unref();
}

// As process 1 of a container, a program without a handler does not even notice SIGTERM, and is killed after the grace period.
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

server.listen(port, () => console.log(`${version} listens on port ${server.address().port}`));
