type Item = { text: string; link: string }
type Group = { text: string; collapsed?: boolean; items: Item[] }

/** The groups of the navigation. A page that is in no group is listed under "More", so that none is lost. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Start: ['index.md', 'docs/tutorial.md', 'docs/comparison.md', 'docs/limits.md'],
  'For operators': [
    'docs/operating.md',
    'docs/operations/*',
    'docs/clients.md',
    'docs/console.md',
    'docs/email.md',
    'docs/doctor.md',
    'SECURITY.md',
  ],
  'For developers of clients': [
    'docs/developing.md',
    'docs/pushers.md',
    'docs/browser-pushers.md',
    'docs/device-rules.md',
    'docs/schedules.md',
    'docs/encrypted-rooms.md',
    'docs/language.md',
    'docs/explain.md',
    'docs/api.md',
  ],
  'For operators of gateways': ['docs/gateway.md', 'docs/apple-and-google.md', 'docs/web-push.md'],
  'For users of the library': ['packages/push-rules/README.md'],
  Reference: [
    'docs/configuration.md',
    'docs/reference/*',
    'docs/metrics.md',
    'docs/journey.md',
    'docs/glossary.md',
  ],
  'Why it is built so': [
    'docs/how-it-works.md',
    'ARCHITECTURE.md',
    'docs/promises.md',
    'docs/benchmarks.md',
    'docs/measurements.md',
    'docs/scale.md',
  ],
  Project: ['CONTRIBUTING.md', 'CHANGELOG.md', 'CODE_OF_CONDUCT.md'],
}

/** The sidebar. `texts`: the text of each page. */
export function sidebar(texts: ReadonlyMap<string, string>): Group[] {
  const rest = new Set(texts.keys())
  const item = (page: string): Item => {
    rest.delete(page)
    return { text: titleOf(page, texts.get(page) ?? ''), link: `/${page.replace(/(index)?\.md$/, '')}` }
  }
  const matching = (pattern: string) =>
    pattern.endsWith('/*')
      ? [...texts.keys()].filter((page) => page.startsWith(pattern.slice(0, -1)))
      : [...texts.keys()].filter((page) => page === pattern)
  const groups: Group[] = Object.entries(GROUPS).map(([text, patterns]) => ({
    text,
    items: patterns.flatMap(matching).map(item),
  }))
  const decisions = { text: 'Decisions', collapsed: true, items: matching('docs/decisions/*').map(item) }
  const more = { text: 'More', items: [...rest].map(item) }
  return [...groups, decisions, more].filter(({ items }) => items.length > 0)
}

function titleOf(page: string, text: string): string {
  const title = /^# (.+)$/m.exec(text)?.[1]
  if (title === undefined) throw new Error(`${page} has no title: its first line must be "# …"`)
  return title.replaceAll('`', '')
}
