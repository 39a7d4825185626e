/**
 * The access token in the fragment of the URL, as `npm start` prints it, or an empty text. It is removed from
 * the URL and from the history at once.
 */
export const tokenOfLink: string = readToken()

function readToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? ''
  if (token !== '') history.replaceState(null, '', location.pathname + location.search)
  return token
}
