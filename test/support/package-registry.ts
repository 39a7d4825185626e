import { spawn } from 'node:child_process'
import { chmodSync, createReadStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterTest, type TestEnd } from './after-test.ts'
import { pathWithoutPackages } from './system-node.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

type Manifest = { name: string; version: string }
/** A package in a folder, or packed. */
type Offered = { manifest: Manifest } & ({ folder: string } | { tarball: string })

/**
 * The environment of npm commands that install packages as on a machine of a user: from a registry on a
 * loopback port, into an empty cache, with the Node of the system, without install scripts. The registry has
 * the packed Belfry and the packages that it needs at run time, as they are installed here. In place of the
 * large package with a Node it has one that starts the Node of the tests; it has no `sharp`, which is
 * optional.
 */
export async function npmOfUser(
  t: TestEnd,
  { tarball, folder }: { tarball: string; folder: string },
): Promise<Record<string, string>> {
  const offered = [
    packedBelfry(tarball),
    ...installedPackages(),
    ...nodePackages(join(folder, 'node-packages')),
  ]
  const byName = Map.groupBy(offered, ({ manifest }) => manifest.name)
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1)
    const [name = '', version] = path.split('/-/')
    const versions = byName.get(name)
    const found = versions?.find(({ manifest }) => manifest.version === version)
    if (versions === undefined) response.writeHead(404).end('{}')
    else if (version === undefined) response.end(JSON.stringify(documentOf(versions, urlOf(server))))
    else if (found === undefined) response.writeHead(404).end('{}')
    else sendPacked(found, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(t, async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const home = join(folder, 'home')
  mkdirSync(home)
  return {
    PATH: pathWithoutPackages(),
    HOME: home,
    npm_config_registry: urlOf(server),
    npm_config_cache: join(folder, 'npm-cache'),
    npm_config_ignore_scripts: 'true',
    npm_config_loglevel: 'error',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_yes: 'true',
  }
}

const urlOf = (server: ReturnType<typeof createServer>) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const manifestIn = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

function packedBelfry(tarball: string): Offered {
  return { manifest: manifestIn(root), tarball }
}

/** The packages that are neither for the development nor optional. */
function installedPackages(): Offered[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>
  }
  return Object.entries(packages)
    .filter(
      ([path, { dev, optional }]) => path.startsWith('node_modules/') && dev !== true && optional !== true,
    )
    .map(([path]) => ({ folder: join(root, path), manifest: manifestIn(join(root, path)) }))
}

/** Packages named like those with a Node, for this machine only. */
function nodePackages(folder: string): Offered[] {
  const name = `node-linux-${process.arch}`
  const manifest = { name, version: process.versions.node, bin: { node: 'bin/node' } }
  const made = join(folder, name)
  mkdirSync(join(made, 'bin'), { recursive: true })
  writeFileSync(join(made, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(made, 'bin/node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`)
  chmodSync(join(made, 'bin/node'), 0o755)
  return [{ manifest, folder: made }]
}

/** The document of a package as registries serve it. */
function documentOf(versions: readonly Offered[], url: string): object {
  const entries = versions.map(({ manifest }): [string, object] => [
    manifest.version,
    { ...manifest, dist: { tarball: `${url}/${encodeURIComponent(manifest.name)}/-/${manifest.version}` } },
  ])
  const latest = versions[0]?.manifest
  return {
    name: latest?.name,
    'dist-tags': { latest: latest?.version },
    versions: Object.fromEntries(entries),
  }
}

function sendPacked(offered: Offered, response: ServerResponse): void {
  const source =
    'tarball' in offered
      ? createReadStream(offered.tarball)
      : spawn(
          'tar',
          [
            '--create',
            // The lowest level, because a packed package is read once.
            '--use-compress-program=gzip -1',
            '--hard-dereference',
            '--exclude=./node_modules',
            '--transform=s,^\\.,package,',
            '--directory',
            offered.folder,
            '.',
          ],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        ).stdout
  pipeline(source, response, () => undefined)
}
