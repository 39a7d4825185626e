import type { Given } from './read.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads `HTTPS_PROXY` for the named settings, and `NO_PROXY`, in upper or lower case, as other programs do. Belfry's
 * own settings take precedence.
 */
export function proxyFromEnvironment(env: Environment, settings: readonly (readonly string[])[]): Given[] {
  const proxy = env['HTTPS_PROXY'] ?? env['https_proxy'] ?? ''
  const noProxy = env['NO_PROXY'] ?? env['no_proxy'] ?? ''
  const hosts = noProxy.split(/[\s,]+/).filter((host) => host !== '')
  return [
    ...(proxy === '' ? [] : settings.map((path) => ({ path, value: proxy, from: 'HTTPS_PROXY' }))),
    ...(hosts.length === 0 ? [] : [{ path: ['push', 'no_proxy'], value: hosts, from: 'NO_PROXY' }]),
  ]
}
