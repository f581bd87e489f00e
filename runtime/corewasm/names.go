package corewasm

// custom reads a custom section. Only its name can be wrong: what a broken name
// section says is ignored from the fault on [7.4].
func (m *Module) custom(r *reader) {
	c := Custom{Name: r.name()}
	if r.err != nil {
		return
	}
	c.Data = r.bytes(r.left())
	m.Customs = append(m.Customs, c)
	if c.Name == "name" && m.funcNames == nil {
		m.funcNames = map[uint32]string{}
		m.readNames(&reader{buf: c.Data})
	}
}

func (m *Module) readNames(r *reader) {
	const (
		moduleName = 0
		funcNames  = 1
	)
	for r.left() > 0 && r.err == nil {
		id := r.byte()
		s := r.sub(r.u32())
		if s.err != nil {
			return
		}
		switch id {
		case moduleName:
			m.Name = s.name()
		case funcNames:
			for range s.count("names", MaxFunctions) {
				i, name := s.u32(), s.name()
				if s.err != nil {
					break
				}
				m.funcNames[i] = name
			}
		}
	}
}
