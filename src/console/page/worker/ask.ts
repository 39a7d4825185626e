/**
 * A request with the session of the console, which is a cookie.
 * @throws Error with the status for an error of the server
 */
export async function ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  const response = await fetch(`/_matrix/client/v3${path}`, {
    method,
    credentials: 'same-origin',
    headers: {
      'Content-Type': 'application/json',
      'X-Belfry-Console': location.protocol === 'https:' ? 'https' : 'http',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${path}: status ${response.status}`)
  return (await response.json()) as T
}
