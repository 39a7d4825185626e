import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files with the version. In a lock file it is at the top, and again for the package itself. */
const VERSIONED: Readonly<Record<string, number>> = {
  'package.json': 1,
  'package-lock.json': 2,
  'packages/push-rules/package.json': 1,
}
const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([a-z]+)\.(\d+))?$/
const UNRELEASED = '## Unreleased\n'

export type NextRelease = { version: string; date: string }

/** What prevents a release of `version` from the files in `root`: each fault says what to change. */
export function releaseFaults(root: string, version: string): string[] {
  if (!VERSION.test(version))
    return [`"${version}" is no version: write 1.2.3, or 1.2.3-rc.1 before a release`]
  const { version: current } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
  const faults: string[] = []
  if (hasHeading(changelog, version)) faults.push(`CHANGELOG.md has a section of ${version}: it is released`)
  if (compareVersions(version, current) < 0)
    faults.push(`${version} is before the version ${current} of package.json`)
  if (unreleasedPart(changelog).trim() === '')
    faults.push('CHANGELOG.md says nothing below "## Unreleased": list what has changed')
  return faults
}

/**
 * Writes the version into the files that have it, and the version with its date above what the changelog
 * calls unreleased.
 */
export function writeVersion(root: string, { version, date }: NextRelease): void {
  for (const [name, count] of Object.entries(VERSIONED)) {
    let left = count
    edit(join(root, name), (text) =>
      text.replaceAll(/^( {2}| {6})"version": "[^"]*"/gm, (found, indent: string) =>
        left-- > 0 ? `${indent}"version": "${version}"` : found,
      ),
    )
  }
  edit(join(root, 'CHANGELOG.md'), (text) =>
    text.replace(UNRELEASED, `${UNRELEASED}\n## ${version} (${date})\n`),
  )
}

/**
 * Negative if the first version is before the other. A version with a label, such as 1.0.0-rc.1, is before
 * that without.
 */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [partsOf(one), partsOf(other)]
  for (const [at, part] of a.entries()) {
    const difference = part < (b[at] ?? 0) ? -1 : part > (b[at] ?? 0) ? 1 : 0
    if (difference !== 0) return difference
  }
  return 0
}

/** The label of a release, which has none, comes after all others. */
function partsOf(version: string): (number | string)[] {
  const [, major, minor, patch, label, count] = VERSION.exec(version) ?? []
  return [Number(major), Number(minor), Number(patch), label ?? '~', Number(count ?? 0)]
}

const hasHeading = (changelog: string, version: string) =>
  changelog.split('\n').some((line) => line.startsWith('## ') && line.split(' ')[1] === version)

/** The text between the heading of what is not released and the next version. */
function unreleasedPart(changelog: string): string {
  const [, after = ''] = changelog.split(UNRELEASED, 2)
  return after.split(/^## /m, 1)[0] ?? ''
}

function edit(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'utf8')))
}
