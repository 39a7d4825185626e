// Plain JavaScript that Node 20 can run.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'

/** A crash of the process loses the results of the files that are left in its batch. */
const MOST_FILES = 40
const FEWEST_FILES = 10
const TEST_FILE = /\.test\.ts$/
/** `test/journeys/js-sdk.ts` changes `setTimeout` of its whole process. */
const CHANGES_TIMERS = /js-sdk\.ts'/

/**
 * Puts all test files of `test/` into batches: one process runs the files of a batch, one after the other,
 * because the modules of a server take a second of a processor to load, and most test files run for less.
 * @param folder gets a module for each batch, which imports the batch's files; its earlier contents are
 *   removed
 * @param atOnce the number of batches that run at the same time
 * @returns the pattern of these modules
 */
export function writeBatches(root, folder, atOnce) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const tests = join(root, 'test')
  const files = readdirSync(tests, { recursive: true }).filter((name) => TEST_FILE.test(name))
  const changesTimers = (name) => CHANGES_TIMERS.test(readFileSync(join(tests, name), 'utf8'))
  for (const [index, batch] of batchesOf(files, { isApart: changesTimers, atOnce }).entries()) {
    const imports = batch.map((name) => `import ${JSON.stringify(join(tests, name).replaceAll(sep, '/'))}\n`)
    writeFileSync(join(folder, `batch-${String(index).padStart(2, '0')}.test.mjs`), imports.join(''))
  }
  return `${folder.replaceAll(sep, '/')}/*.test.mjs`
}

/** @param isApart files for which it is true share no batch with others */
export function batchesOf(names, { isApart, atOnce }) {
  const sorted = names.toSorted()
  return [
    ...spread(
      sorted.filter((name) => isApart(name)),
      atOnce,
    ),
    ...spread(
      sorted.filter((name) => !isApart(name)),
      atOnce,
    ),
  ]
}

/**
 * Batches become smaller, so that the last ones end at about the same time. Each has files from all parts of
 * the list, because many slow files are in the same folder.
 */
function spread(names, atOnce) {
  const sizes = []
  for (let left = names.length; left > 0; left -= sizes.at(-1)) {
    const share = Math.ceil((2 * left) / (3 * atOnce))
    sizes.push(Math.min(left, Math.max(FEWEST_FILES, Math.min(MOST_FILES, share))))
  }
  const places = sizes.flatMap((size, batch) =>
    Array.from({ length: size }, (_, index) => ({ batch, at: (index + 0.5) / size })),
  )
  places.sort((one, other) => one.at - other.at || one.batch - other.batch)
  return sizes.map((_, batch) => names.filter((_name, index) => places[index].batch === batch))
}
