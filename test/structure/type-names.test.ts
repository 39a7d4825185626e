import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { exportedTypes } from '../support/exported-types.ts'

/** The names of several types, one line each. */
function problemsIn(exported: ReadonlyMap<string, readonly string[]>): string[] {
  return [...exported].flatMap(([name, files]) =>
    files.length === 1 ? [] : [`${name} is exported by ${files.join(' and ')}`],
  )
}

describe('exported types of src/', () => {
  test('have different names', () => {
    const exported = exportedTypes()
    assert.ok(exported.size > 500, `${exported.size} exported types`)
    assert.deepEqual(problemsIn(exported), [])
  })

  test('a name of two types is reported', () => {
    const exported = new Map([
      ['One', ['src/a.ts']],
      ['Two', ['src/a.ts', 'src/b.ts']],
    ])
    assert.deepEqual(problemsIn(exported), ['Two is exported by src/a.ts and src/b.ts'])
  })
})
