import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { relativeUrl } from '../../src/cli/resolve-hook.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The imports that Node resolves itself while the server is loaded with the hook, each as `parent specifier`. */
function resolvedByNode(entry: string): string[] {
  const code = `
    import { registerHooks } from 'node:module'
    import { registerResolveHook } from './src/cli/resolve-hook.ts'
    registerHooks({
      resolve(specifier, context, next) {
        if (!context.conditions.includes('require')) console.log(context.parentURL + ' ' + specifier)
        return next(specifier, context)
      },
    })
    registerResolveHook(new URL('src/', import.meta.url).href)
    await import('${entry}')
    process.exit()`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: root,
    encoding: 'utf8',
  })
  return output.trim().split('\n')
}

describe('the resolution of imports', () => {
  test('gives the URL that Node gives', () => {
    const parents = ['file:///srv/belfry/src/http/route.ts', 'file:///C:/my%20files/src/a/b/c.ts']
    for (const parent of parents)
      for (const specifier of ['./x.ts', '../x.ts', '../../lib/deep-er/x.test.ts', './y/x.js', './../x.js'])
        assert.equal(relativeUrl(specifier, parent), new URL(specifier, parent).href)
  })

  test('asks Node once for each package of Belfry, and never for a file', () => {
    const own = resolvedByNode('./src/app.ts')
      .map((line) => line.split(' ') as [parent: string, specifier: string])
      .filter(([parent]) => parent.includes('/src/') && !parent.includes('/node_modules/'))
      .map(([, specifier]) => specifier)
    assert.ok(own.includes('kysely'), 'the imports were reported')
    assert.deepEqual(own, [...new Set(own)])
    assert.deepEqual(
      own.filter((specifier) => specifier.startsWith('.')),
      [],
    )
  })

  test('leaves out the translations of zod, and the parts of Kysely that run queries', () => {
    const loaded = (hook: string) => {
      const code = `
        import { registerHooks } from 'node:module'
        import { registerResolveHook } from './src/cli/resolve-hook.ts'
        ${hook}
        registerHooks({
          load(url, context, next) {
            console.log(url)
            return next(url, context)
          },
        })
        await import('./src/storage/sqlite-queries.ts')
        await import('zod')
        process.exit()`
      const output = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
        cwd: root,
        encoding: 'utf8',
      })
      const count = (part: string) => output.split('\n').filter((url) => url.includes(part)).length
      return {
        translations: count('/zod/v4/locales/'),
        drivers:
          count('/kysely/dist/driver/') + count('/kysely/dist/schema/') + count('/kysely/dist/plugin/'),
        used: count('/kysely/dist/query-builder/') > 10,
      }
    }
    const without = loaded('')
    assert.ok(without.translations > 50 && without.drivers > 20, JSON.stringify(without))
    // English, and the files of plugins that the query builder imports itself.
    const { translations, drivers, used } = loaded(
      "registerResolveHook(new URL('src/', import.meta.url).href)",
    )
    assert.ok(translations === 1 && drivers < 5 && used, JSON.stringify({ translations, drivers, used }))
  })

  test('leaves everything but the path of a file to Node', () => {
    const code = `
      import { registerResolveHook } from './src/cli/resolve-hook.ts'
      registerResolveHook(new URL('src/', import.meta.url).href)
      for (const name of ['./src/lib/no-such-file.ts', './src/lib', './src/lib/%6fnce.ts', 'no-such-package'])
        console.log(await import(name).then((found) => Object.keys(found).join(), ({ code }) => code))`
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: root,
      encoding: 'utf8',
    })
    assert.deepEqual(output.trim().split('\n'), [
      'ENOENT',
      'ERR_UNSUPPORTED_DIR_IMPORT',
      'once',
      'ERR_MODULE_NOT_FOUND',
    ])
  })
})
