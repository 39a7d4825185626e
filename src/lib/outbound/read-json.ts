/** The body of a response as JSON; `undefined` if it is too long or not JSON. */
export async function readJson(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<unknown> {
  const text = await readText(stream, maxBytes)
  return text === undefined ? undefined : parsedJson(text)
}

/**
 * The body of a response; `undefined` if it is too long. Leaving the loop early destroys the stream and its
 * connection.
 */
export async function readText(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    if (bytes > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** `undefined` if the text is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
