import { open, rm } from 'node:fs/promises'
import type { Json } from '../lib/json.ts'

/** A value, or a list that is read in pages and never whole in memory. */
export type JsonPart = Json | AsyncIterable<readonly Json[]>

/**
 * Writes an object as JSON into a new file that only its owner can read. Resolves to the number of bytes.
 * After an error the file does not exist.
 * @throws an error of the file system, also when the file exists
 */
export async function writeJsonFile(
  file: string,
  parts: AsyncIterable<readonly [key: string, value: JsonPart]>,
): Promise<number> {
  const handle = await open(file, 'wx', 0o600)
  try {
    let bytes = 0
    for await (const text of textOf(parts)) bytes += (await handle.write(text)).bytesWritten
    await handle.sync()
    await handle.close()
    return bytes
  } catch (error) {
    await handle.close().catch(() => undefined)
    await rm(file, { force: true })
    throw error
  }
}

async function* textOf(parts: AsyncIterable<readonly [string, JsonPart]>): AsyncGenerator<string> {
  let before = '{\n'
  for await (const [key, value] of parts) {
    yield `${before}${JSON.stringify(key)}: `
    before = ',\n'
    if (isPaged(value)) yield* listText(value)
    else yield JSON.stringify(value, null, 1)
  }
  yield '\n}\n'
}

async function* listText(pages: AsyncIterable<readonly Json[]>): AsyncGenerator<string> {
  let before = '[\n'
  for await (const page of pages)
    if (page.length > 0) {
      yield before + page.map((item) => JSON.stringify(item)).join(',\n')
      before = ',\n'
    }
  yield before === '[\n' ? '[]' : '\n]'
}

const isPaged = (value: JsonPart): value is AsyncIterable<readonly Json[]> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value
