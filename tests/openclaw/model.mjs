// A model that follows a script: an OpenAI-compatible endpoint that answers the n-th request with the n-th step, and keeps what it was asked.

import { createServer } from "node:http";

/**
 * Serves on a free port of the loopback interface and returns `{url, requests, stop}`. A step is `{text}` or `{tool, input}`; after the last one every answer
 * is an empty "done".
 */
export async function scriptedModel(steps) {
  const requests = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      if (!request.url.endsWith("/chat/completions")) {
        response.writeHead(404).end();
        return;
      }
      const step = steps[requests.length] ?? { text: "done" };
      requests.push(JSON.parse(body));
      response.writeHead(200, { "content-type": "text/event-stream" });
      const send = (delta, finish = null) =>
        response.write(
          `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m1", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
        );
      if (step.tool) {
        const call = { index: 0, id: `call_${requests.length}`, type: "function", function: { name: step.tool, arguments: JSON.stringify(step.input) } };
        send({ role: "assistant", tool_calls: [call] });
        send({}, "tool_calls");
      } else {
        send({ role: "assistant", content: step.text });
        send({}, "stop");
      }
      response.end("data: [DONE]\n\n");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}/v1`, requests, stop };
}
