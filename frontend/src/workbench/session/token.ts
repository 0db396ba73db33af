/** The token that proves a change comes from our own page; given at sign-in, kept in memory only. */
let token = '';

export const csrfToken = (): string => token;
export function keepCsrfToken(given: string): void {
  token = given;
}
