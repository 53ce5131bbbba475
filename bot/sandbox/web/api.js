// The sandbox's own API. Every failure becomes an Error whose message is one sentence.

async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error("The sandbox does not answer; is it still running?");
  }
  const parsed = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(parsed.error || `The sandbox answered ${answer.status}.`);
  return parsed;
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const remove = (path) => call("DELETE", path);

export function listen(onEvent, onState) {
  const source = new EventSource("/api/stream");
  source.onopen = () => onState(true);
  source.onerror = () => onState(false);
  source.onmessage = (event) => onEvent(JSON.parse(event.data));
}
