import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pack } from '../../src/console/pack.ts'

/** Packs `files` and returns the exports of the result. */
async function run(files: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const code = pack('main.ts', (path) => files[path] ?? assert.fail(`no file ${path}`))
  return import(`data:text/javascript,${encodeURIComponent(code)}`)
}

describe('pack', () => {
  test('joins modules with the same local names, each evaluated once and before the modules that import it', async () => {
    const packed = await run({
      'main.ts': `import { one } from './parts/one.ts'\nimport { two as other } from './two.ts'\nimport { log } from './log.ts'\nexport const all = [one(), other, ...log]\n`,
      'parts/one.ts': `import { log } from '../log.ts'\nconst local = 1\nlog.push('one')\nexport function one() {\n  return local\n}\n`,
      'two.ts': `import { log } from './log.ts'\nconst local = 2\nlog.push('two')\nexport const two = local\n`,
      'log.ts': `export const log = []\n`,
    })
    assert.deepEqual(packed['all'], [1, 2, 'one', 'two'])
  })

  test('keeps imports of packages, with other names and without names, and passes exports of other modules on', async () => {
    const packed = await run({
      'main.ts': `import { join as joined } from 'node:path'\nimport 'node:os'\nexport { Shape as Form } from './shape.ts';\nexport const path = joined('a', 'b')\n`,
      'shape.ts': `/** A class. */\nexport class Shape {\n  size = 3\n}\n`,
    })
    assert.equal(packed['path'], 'a/b')
    assert.equal(new (packed['Form'] as new () => { size: number })().size, 3)
  })

  test('removes indentation, repeated spaces and those around operators, but not in texts and regular expressions', async () => {
    const packed = await run({
      'main.ts': `export const text   =   'two  spaces, a = b'\n    export const other = \`a  b, c\`\n
export const nested = \`\${text === '' ? '' : \`, a = \${text}\`}\`\nexport const found = 'ab  =  c'.replace(/ *= */, '; ')\n`.replace(
        '    export',
        'export',
      ),
    })
    assert.deepEqual(
      [packed['text'], packed['other'], packed['nested'], packed['found']],
      ['two  spaces, a = b', 'a  b, c', ', a = two  spaces, a = b', 'ab; c'],
    )
    const code = pack('a.ts', () => `const   a = 1\n      const b = [2, 3]\nexport const c = a - b[0]\n`)
    assert.match(code, /^const a=1\nconst b=\[2,3\]\nconst c=a - b\[0\]$/m)
  })

  test('throws an error that names the file if a template literal has a line break', () => {
    assert.throws(
      () => pack('a.ts', () => 'const a = `one\n  two`\n'),
      /a\.ts: a template literal has a line break/,
    )
  })

  test('throws an error that names the file if the imports have a cycle', () => {
    const files: Record<string, string> = {
      'a.ts': `import { b } from './b.ts'\n`,
      'b.ts': `import { a } from './a.ts'\n`,
    }
    assert.throws(() => pack('a.ts', (path) => files[path] ?? ''), /a\.ts: the imports have a cycle/)
  })

  for (const line of [
    `export default 1`,
    `import whole from './x.ts'`,
    `import * as all from './x.ts'`,
    `export * from './x.ts'`,
    `export let x = 1`,
  ])
    test(`throws an error that names the file for "${line}"`, () => {
      assert.throws(() => pack('a.ts', () => line), /a\.ts: cannot join/)
    })
})
