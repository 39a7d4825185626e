import { createHash, createHmac } from 'node:crypto'

export type S3Credentials = { accessKey: string; secretKey: string; region: string }

/**
 * `path`: percent-encoded. `query`: decoded. `headers`: names in lower case, with `host`. `now`: milliseconds
 * since the Unix epoch.
 */
export type Unsigned = {
  method: string
  path: string
  query: Readonly<Record<string, string>>
  headers: Readonly<Record<string, string>>
  body: readonly Uint8Array[]
  now: number
}

/**
 * The headers of a request with a signature of version 4 (Amazon S3 API, "Authenticating Requests: Using the
 * Authorization Header"). It covers the body too, so a part cannot change on its way.
 */
export function signed(
  request: Unsigned,
  { accessKey, secretKey, region }: S3Credentials,
): Record<string, string> {
  const bodyHash = hash(request.body)
  const time = new Date(request.now).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-content-sha256': bodyHash,
    'x-amz-date': time,
  }
  const names = Object.keys(headers).toSorted()
  const signedHeaders = names.join(';')
  const canonical = [
    request.method,
    request.path,
    queryText(request.query),
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    '',
    signedHeaders,
    bodyHash,
  ].join('\n')
  const day = time.slice(0, 8)
  const scope = `${day}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(mac, `AWS4${secretKey}`)
  const signature = mac(key, text).toString('hex')
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope},SignedHeaders=${signedHeaders},Signature=${signature}`
  return headers
}

/** A query in the canonical form: sorted, with every character but the unreserved ones of RFC 3986 encoded. */
export function queryText(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&')
}

/** RFC 3986, section 2.3. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

const hash = (data: string | readonly Uint8Array[]) => {
  const all = createHash('sha256')
  for (const part of typeof data === 'string' ? [data] : data) all.update(part)
  return all.digest('hex')
}
const mac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()
