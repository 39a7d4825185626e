import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { registerUser } from '../support/client.ts'
import { faultsOfTypes } from '../support/published-types.ts'
import { startTestServer } from '../support/server.ts'
import { systemNode } from '../support/system-node.ts'

// The library as its users get it: packed, and installed in a folder without the rest of the project.

const root = fileURLToPath(new URL('../../', import.meta.url))
const NAME = 'belfry-push-rules'
const index = readFileSync(join(root, 'src/push-rules/index.ts'), 'utf8')
/** The exported names, with the file that declares each. */
const exported = [...index.matchAll(/^export (?:type )?\{([^}]*)\} from '\.\/([\w-]+\.ts)'/gm)].flatMap(
  ([, names = '', file = '']) => [...names.matchAll(/\w+/g)].map(([name]) => ({ name, file })),
)

/** The folder of a user who installed the tarball. */
const folder = mkdtempSync(join(tmpdir(), 'belfry-push-rules-'))
after(() => rmSync(folder, { recursive: true }))
const installed = join(folder, 'node_modules', NAME)
const tarball = packed()

function packed(): string {
  const source = join(folder, 'source')
  mkdirSync(source)
  execFileSync(process.execPath, [join(root, 'scripts/build-push-rules.mjs'), '--unchecked', source])
  const npm = ['pack', '--offline', '--ignore-scripts', '--pack-destination', folder]
  execFileSync('npm', npm, { cwd: source, stdio: 'ignore' })
  const name = readdirSync(folder).find((one) => one.endsWith('.tgz')) ?? assert.fail('no tarball')
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['xzf', join(folder, name), '--strip-components=1', '-C', installed])
  return join(folder, name)
}

const manual = () => readFileSync(join(installed, 'README.md'), 'utf8')

/** Compiles a project of the user with a version of TypeScript that is installed here under a name. */
function typeCheck(typescript: string, project: object): void {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
  const compiler = join(root, 'node_modules', typescript, 'bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [compiler, '--project', folder], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout)
}

async function outputOf(file: string): Promise<string> {
  return (await promisify(execFile)(process.execPath, [file], { cwd: folder })).stdout.trim()
}

/** Prints the names of the exports, and the rule that decides about an event. */
const SHOW = `const show = (all) => {
  const rule = { rule_id: 'tea', enabled: true, pattern: 'tea*', actions: ['notify'] }
  const event = all.prepareEvent({ content: { body: 'Teatime!' } })
  const decided = all.evaluate(all.compileRules({ global: { content: [rule] } }), event, { memberCount: 3 })
  const names = Object.keys(all).filter((name) => !['default', 'module.exports', '__esModule'].includes(name))
  console.log(JSON.stringify({ names: names.sort(), rule: decided.rule }))
}`

describe(NAME, () => {
  it('holds compiled files with their types, its manual and its licence, and imports nothing', () => {
    const files = globSync('**/*', { cwd: installed }).filter((name) => /\.\w+$|LICENSE/.test(name))
    assert.deepEqual(
      files.filter((name) => !/^dist\/(?:esm|cjs)\/[\w-]+(?:\.d\.ts|\.js)$/.test(name)).toSorted(),
      ['LICENSE', 'README.md', 'dist/cjs/package.json', 'package.json'],
    )
    let imports = 0
    for (const file of files.filter((name) => /\.(?:js|ts)$/.test(name)))
      for (const [, from = ''] of readFileSync(join(installed, file), 'utf8').matchAll(
        /\b(?:from |import\(|require\()["']([^"']+)["']/g,
      )) {
        imports++
        assert.match(from, /^\.\/[\w-]+\.js$/, file)
      }
    assert.ok(imports > 100, `${imports} imports were found`)
  })

  for (const [label, node] of Object.entries({ 'this Node': process.execPath, ...systemNode() }))
    it(`is loaded by import and by require() with the same exports, on ${label}`, () => {
      const shown = (load: string) =>
        JSON.parse(
          execFileSync(node, ['-e', `${SHOW}; ${load}`], { cwd: folder, encoding: 'utf8' }),
        ) as unknown
      const { names, rule } = shown(`import('${NAME}').then(show)`) as { names: string[]; rule: unknown }
      assert.ok(names.length > 30)
      assert.deepEqual(rule, { kind: 'content', ruleId: 'tea' })
      assert.deepEqual(shown(`show(require('${NAME}'))`), { names, rule })
    })

  it('has types that fit its files, for every way in which TypeScript resolves modules', async () => {
    assert.deepEqual(await faultsOfTypes(tarball), { entryPoints: ['.', './package.json'], faults: [] })
  })

  for (const [typescript, resolutions] of [
    ['typescript-5.0', ['node', 'node16', 'bundler']],
    ['typescript', ['node16', 'nodenext', 'bundler']],
  ] as const)
    for (const moduleResolution of resolutions)
      it(`has the expected types for ${typescript} with moduleResolution ${moduleResolution}`, () => {
        const isNode = /^node(?:16|next)$/.test(moduleResolution)
        const text = readFileSync(join(root, 'test/push-rules/library-types.ts'), 'utf8')
        const files = isNode ? ['types.mts', 'types.cts'] : ['types.ts']
        for (const file of files)
          writeFileSync(join(folder, file), text.replaceAll('../../src/push-rules/index.ts', NAME))
        const compilerOptions = {
          module: isNode ? moduleResolution : 'esnext',
          moduleResolution,
          target: 'es2022',
          lib: ['es2022'],
          types: [],
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: false,
          noEmit: true,
        }
        typeCheck(typescript, { compilerOptions, files })
      })

  it('runs the example of its manual with the rules of a server', async (t) => {
    const { url } = await startTestServer(t)
    const alice = await registerUser(url, 'alice')
    const [, example = ''] = /^```ts\n(.*?)^```/ms.exec(manual()) ?? []
    const [, printed = ''] = /console\.log\(.*\) \/\/ (.*)$/m.exec(example) ?? []
    const code = example.replaceAll('example.org', 'localhost')
    const values = `const homeServer = '${url}'\nconst accessToken = '${alice.token}'\n`
    const file = join(folder, 'example.mts')
    writeFileSync(file, values + code)
    assert.equal(await outputOf(file), printed)
  })

  it('runs the example without a server', async () => {
    const example = readFileSync(join(root, 'examples/push-rules.ts'), 'utf8')
    const file = join(folder, 'without-server.mts')
    writeFileSync(file, example.replace('belfry/push-rules', NAME))
    assert.equal(await outputOf(file), "true { kind: 'content', ruleId: 'tea' }")
  })
})

describe('the exports of the push rules', () => {
  it('each have a doc comment', () => {
    assert.ok(exported.length > 90, `${exported.length} exports were found`)
    const undocumented = exported.filter(({ name, file }) => {
      const text = readFileSync(join(root, 'src/push-rules', file), 'utf8')
      return !new RegExp(`\\*/\\nexport (?:function|const|type|interface) ${name}\\b`).test(text)
    })
    assert.deepEqual(undocumented, [])
  })

  it('are all named in the tables of the manual, and no others', () => {
    const [, tables = ''] = manual().split('\n## Functions and constants\n')
    const named = [...tables.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    )
    assert.deepEqual(named.toSorted(), exported.map(({ name }) => name).toSorted())
  })
})
