module go-files

go 1.24
