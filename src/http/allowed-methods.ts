/**
 * The methods that some route takes at `path` (without the query). Asked only when no route matched, so plain
 * comparison of the patterns is fast enough.
 */
export function allowedMethods(patterns: ReadonlyMap<string, ReadonlySet<string>>, path: string): string[] {
  const segments = path.split('/').map(decoded)
  const methods = new Set<string>()
  for (const [pattern, ofPattern] of patterns) {
    if (!fits(pattern.split('/'), segments)) continue
    for (const method of ofPattern) methods.add(method)
  }
  if (methods.has('GET')) methods.add('HEAD')
  if (methods.size > 0) methods.add('OPTIONS')
  return [...methods].sort()
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, at) => part.startsWith(':') || part === segments[at])
  )
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
