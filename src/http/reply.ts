/** A response other than 200 with a JSON object. */
export class Reply<Status extends number = number, Body = unknown> {
  readonly status: Status
  readonly body: Body
  readonly headers: Readonly<Record<string, string>>

  constructor(status: Status, body: Body, headers: Readonly<Record<string, string>>) {
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** `body` is sent as JSON; for bytes, text and streams use `content(…)`. `headers`: names in lower case. */
export function reply<const Status extends number, const Body>(
  status: Status,
  body: Body,
  headers: Readonly<Record<string, string>> & { 'content-type'?: never } = {},
): ReplyWith<Status, Body> {
  return new Reply(status, body, headers) as ReplyWith<Status, Body>
}

/** Distributes over a union of statuses, so that each has its own `Reply`. */
export type ReplyWith<Status extends number, Body> = Status extends number ? Reply<Status, Body> : never
