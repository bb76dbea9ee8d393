// npm install standardwebhooks
// GATE_SECRET=whsec_… node receiver.mjs
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.GATE_SECRET);
const known = new Set(); // in real life a table with a unique column

createServer(async (request, response) => {
  request.setEncoding("utf8");
  let body = "";
  for await (const piece of request) body += piece;
  let reports;
  try {
    reports = webhook.verify(body, request.headers);
  } catch {
    response.writeHead(401).end("wrong signature");
    return;
  }
  const id = request.headers["webhook-id"];
  if (!known.has(id)) { // a retry comes with the same id
    for (const report of Array.isArray(reports) ? reports : [reports]) console.log(report);
    known.add(id);
  }
  response.end("ok");
}).listen(Number(process.env.PORT ?? 8080));
