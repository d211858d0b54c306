"""How good lists of similar artists are, measured against pairs that somebody else calls related.

Here: the measures, their noise, and the comparison of two sets of lists; numbers in, numbers out. Not here:
where lists come from and what follows from the figures (`defs/evaluation`).
"""
