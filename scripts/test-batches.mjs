// Plain JavaScript that Node 20 can run.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'

const FILES_PER_BATCH = 16
const TEST_FILE = /\.test\.ts$/
/** `test/journeys/js-sdk.ts` changes `setTimeout` of its whole process. */
const CHANGES_TIMERS = /js-sdk\.ts'/

/**
 * Puts all test files of `test/` into batches: one process runs the files of a batch, one after the other, because the modules of a server take a second of
 * a processor to load, and most test files run for less.
 * @param folder gets a module for each batch, which imports the batch's files; its earlier contents are removed
 * @returns the pattern of these modules
 */
export function writeBatches(root, folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const tests = join(root, 'test')
  const files = readdirSync(tests, { recursive: true }).filter((name) => TEST_FILE.test(name))
  const changesTimers = (name) => CHANGES_TIMERS.test(readFileSync(join(tests, name), 'utf8'))
  for (const [index, batch] of batchesOf(files, changesTimers).entries()) {
    const imports = batch.map((name) => `import ${JSON.stringify(join(tests, name).replaceAll(sep, '/'))}\n`)
    writeFileSync(join(folder, `batch-${String(index).padStart(2, '0')}.test.mjs`), imports.join(''))
  }
  return `${folder.replaceAll(sep, '/')}/*.test.mjs`
}

/** @param isApart files for which it is true share no batch with others */
export function batchesOf(names, isApart) {
  const sorted = names.toSorted()
  return [
    ...spread(sorted.filter((name) => isApart(name))),
    ...spread(sorted.filter((name) => !isApart(name))),
  ]
}

/** Neighbours are in different batches, because many slow files are in the same folder. */
function spread(names) {
  const count = Math.ceil(names.length / FILES_PER_BATCH)
  return Array.from({ length: count }, (_, index) => names.filter((_name, place) => place % count === index))
}
