# A table of its own, which C has no words for.
	.tabletype	pile_table, externref
	.globl	pile_table
pile_table:

	.section	.text.grow_table,"",@
	.globl	grow_table
	.type	grow_table,@function
grow_table:
	.functype	grow_table (i32) -> (i32)
	ref.null_extern
	local.get	0
	table.grow	pile_table
	end_function

	.section	.text.size_of_table,"",@
	.globl	size_of_table
	.type	size_of_table,@function
size_of_table:
	.functype	size_of_table () -> (i32)
	table.size	pile_table
	end_function
