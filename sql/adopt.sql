UPDATE deployment SET program = $1
