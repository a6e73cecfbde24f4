/** Where the site is on its host. */
export const base = "/streamll-js/";
