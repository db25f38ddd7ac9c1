// An HTTP server with a short keep-alive: node_server.js PORT MILLISECONDS
const http = require('http');
const [port, timeout] = process.argv.slice(2).map(Number);
const server = http.createServer((request, response) => response.end('hello\n'));
server.keepAliveTimeout = timeout;
server.listen(port);
