import { readdirSync } from 'node:fs'
import type { ClientResponse, TestUser } from './client.ts'

type Sent = { method?: string; type?: string; filename?: string; path?: string; expect?: string }
type Body = string | Uint8Array | ReadableStream | AsyncIterable<Uint8Array>

/** Uploads a file; resolves with any status. `path`: the endpoint, `POST /_matrix/media/v3/upload` by default. */
export async function tryUpload(
  url: string,
  user: TestUser,
  { body, method = 'POST', type, filename, path = '/_matrix/media/v3/upload' }: Sent & { body: Body },
): Promise<ClientResponse> {
  const query = filename === undefined ? '' : `?filename=${encodeURIComponent(filename)}`
  const response = await fetch(`${url}${path}${query}`, {
    method,
    headers: {
      authorization: `Bearer ${user.token}`,
      ...(type !== undefined && { 'content-type': type }),
    },
    body: body as string,
    duplex: 'half',
  } as RequestInit)
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

/** Resolves to `server/id` of the `mxc://` URI. */
export async function upload(url: string, user: TestUser, sent: Sent & { body: Body }): Promise<string> {
  const { status, body } = await tryUpload(url, user, sent)
  if (status !== 200) throw new Error(`upload: ${status} ${JSON.stringify(body)}`)
  return String(body['content_uri']).slice('mxc://'.length)
}

/** `GET /_matrix/client/v1/media/…`, or another path that begins with `/_matrix`. */
export function fetchMedia(
  url: string,
  user: TestUser | undefined,
  path: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const full = path.startsWith('/_matrix') ? path : `/_matrix/client/v1/media/${path}`
  return fetch(url + full, {
    headers: { ...(user && { authorization: `Bearer ${user.token}` }), ...headers },
  })
}

/** All files in a media folder, without their subfolders. */
export function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .toSorted()
  } catch {
    return []
  }
}
