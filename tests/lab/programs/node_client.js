// A client with a keep-alive agent: node_client.js URL PAUSE…, a request after each pause (milliseconds).
const http = require('http');
const [url, ...pauses] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function get() {
  return new Promise((resolve) => {
    http.get(url, { agent }, (response) => {
      response.resume();
      response.on('end', () => { console.log(response.statusCode); resolve(); });
    }).on('error', (error) => { console.error(`${error} (code ${error.code})`); resolve(); });
  });
}

(async () => {
  for (const pause of pauses) {
    await new Promise((resolve) => setTimeout(resolve, Number(pause)));
    await get();
  }
  agent.destroy();
})();
