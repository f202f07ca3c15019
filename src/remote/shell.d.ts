/** The scripts of this folder, bundled as text. */
declare module "*.pl" {
  const text: string;
  export default text;
}

declare module "*.sh" {
  const text: string;
  export default text;
}
