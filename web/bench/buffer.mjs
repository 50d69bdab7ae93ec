// casbin expects Node's `Buffer`, and names the package that stands for it in browsers as its dependency.
export { Buffer } from 'buffer';
