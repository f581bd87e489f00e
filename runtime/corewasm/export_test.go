package corewasm

// AccessTypes are the types of all instructions that access memory.
var AccessTypes = accessTypes
